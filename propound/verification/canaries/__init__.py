"""Problems of which it is known whether they are right: what the committee of open mode is measured with."""

"""For VERL_USE_EXTERNAL_MODULES: importing it makes MGPO known to this process of verl."""

from trainer.adapters.verl import register

register()

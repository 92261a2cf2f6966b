"""The server of a model that this machine runs itself: an OpenAI-compatible address before vLLM or transformers."""

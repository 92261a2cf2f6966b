"""The engines: embedded (numpy), transformers and vLLM."""

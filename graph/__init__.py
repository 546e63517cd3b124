"""The Fine-Tuning Specialist: designs a fine-tuning pipeline together with an engineer, as a LangGraph state graph."""

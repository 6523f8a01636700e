"""The pipeline's engine: durable, restartable, visible. It knows stages and rows, nothing of what is bought."""

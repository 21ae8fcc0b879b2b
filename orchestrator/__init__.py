"""orchestrator: drives runs; which stage next, with what, after what failure."""

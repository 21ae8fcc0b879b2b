"""dbproxy: the only one that speaks to Postgres. State by REST, at once; log lines from RabbitMQ, in batches."""

"""dbproxy: the only service that speaks to Postgres. State by REST, written at once; log lines from RabbitMQ in batches."""

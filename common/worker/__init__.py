"""What a service that does jobs adds: the job API, log lines on their way to the broker, slots, registry tokens."""

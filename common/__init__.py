"""What the services share, in four packages; each imports only those before it: wire, secrets, service, worker."""

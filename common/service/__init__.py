"""What every service is made of: settings, its server, endpoints, calls to other services, background loops."""

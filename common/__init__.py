"""What every service would otherwise copy: the job API, log publishing, settings, service tokens, health."""

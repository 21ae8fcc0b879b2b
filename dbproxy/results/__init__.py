"""What scans and tests found: findings, test cases, documents by image, waivers."""

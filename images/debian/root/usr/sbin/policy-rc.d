#!/bin/sh
# No service starts while its package is installed into an image.
exit 101

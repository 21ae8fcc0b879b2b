"""Speed, as ratios to something run beside it; `./continuum bench` writes docs/performance.md."""

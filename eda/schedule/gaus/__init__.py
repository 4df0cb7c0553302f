"""GauS: operators with Gaussian start times, optimised by gradients and made legal again and again."""

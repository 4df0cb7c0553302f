"""E-graphs: extraction of the cheapest shared selection with a bound, and rewriting of netlists through equality saturation."""

"""Rewriting of netlists: many structures of one function side by side, and the cheapest library cells over all of them."""

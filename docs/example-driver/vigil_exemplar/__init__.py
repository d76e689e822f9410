"""The made-up pulse oximeter Exemplar 1, as an example of a driver outside Vigil."""

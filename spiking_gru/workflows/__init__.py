"""Work that needs all three packages: training that is proven convertible before it begins."""

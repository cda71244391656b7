"""The running hedge: sources, orders with approval, brokers, duties, and what ties them."""

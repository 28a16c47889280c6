"""The night as plain functions, and the command line around them."""

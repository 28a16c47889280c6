"""What the product must do with named cases."""

"""The product against plain references, on made-up histories."""

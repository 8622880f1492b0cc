"""Any recurrent network read and edited as the paper's are: the library's public face (docs/own-network.md)."""

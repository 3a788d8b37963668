"""The desk: what people say becomes requests and replies; what the horde made becomes posts."""

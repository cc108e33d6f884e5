"""The small web page behind the signed links of messages."""

"""pt5_async: every bin of an Imaging FlowCytobot, whole, in S3."""

"""placeholder replaced by the REST work"""

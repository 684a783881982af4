"""A package for PIPELINE_PACKAGES: batch enrichment whose progress nobody is told of, to see what telling costs."""

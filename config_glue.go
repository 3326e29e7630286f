package sluice

// glueSettings are those of the Data Catalog.
func glueSettings() []Setting {
	return []Setting{
		text("glue", "glue-endpoint", "URL",
			"Glue endpoint that delivery streams read schemas from, instead of the catalog here; signed with the keys of the environment",
			func(c *Config) *string { return &c.GlueEndpoint }),
	}
}

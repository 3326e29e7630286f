package main

// adjustFirehose puts enumerations into the order in which the live service
// prints them, where that was seen, says in another way what a pattern says with
// look-arounds in its middle, and lets addresses of local endpoints pass.
func adjustFirehose(m *model) {
	m.Shapes["CompressionFormat"].Enum = []string{"ZIP", "HADOOP_SNAPPY", "Snappy", "GZIP", "UNCOMPRESSED"}
	// Local endpoints have no certificates; the room refuses them where it is strict.
	m.Shapes["HttpEndpointUrl"].acceptAlso = `http://.*`
	m.Shapes["ClusterJDBCURL"].acceptInstead = `jdbc:(redshift|postgresql)://([A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)+` +
		`(redshift(-serverless)?)\.([a-zA-Z0-9\.\-]+):\d{1,5}/[a-zA-Z0-9_$-]+`
}

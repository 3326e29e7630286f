package main

// adjustFirehose puts enumerations into the order in which the live service
// prints them, where that was seen, and says in another way what a pattern says
// with look-arounds in its middle.
func adjustFirehose(m *model) {
	m.Shapes["CompressionFormat"].Enum = []string{"ZIP", "HADOOP_SNAPPY", "Snappy", "GZIP", "UNCOMPRESSED"}
	m.Shapes["ClusterJDBCURL"].acceptInstead = `jdbc:(redshift|postgresql)://([A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)+` +
		`(redshift(-serverless)?)\.([a-zA-Z0-9\.\-]+):\d{1,5}/[a-zA-Z0-9_$-]+`
}

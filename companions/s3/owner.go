package s3

// Owner returns the account that a bucket belongs to, or the service's
// NoSuchBucket. It is for rooms of the same process that deliver to buckets
// whose owner they were told to expect.
func (s *Store) Owner(bucket string) (account string, err error) {
	b, err := s.mustFind(bucket)
	if err != nil {
		return "", err
	}
	return b.record.Load().Account, nil
}

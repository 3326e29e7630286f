package main

// stsModel is the one STS call that programs make before anything else. The
// whole STS model would bring fifty shapes nobody asks for.
func stsModel() *model {
	m := &model{
		Operations: map[string]*operation{"GetCallerIdentity": post("GetCallerIdentity", true, "")},
		Shapes: map[string]*shape{
			"GetCallerIdentityInput":  structure(""),
			"GetCallerIdentityOutput": structure("UserId:String Account:String Arn:String"),
			"String":                  {Type: "string"},
		},
	}
	m.Metadata.APIVersion = "2011-06-15"
	return m
}

package main

// stsModel is the three STS calls that programs make before anything else.
func stsModel() *model {
	return handModel("2011-06-15", stsOperations, stsShapes)
}

const stsOperations = `
AssumeRole AssumeRoleOutput ExpiredTokenException MalformedPolicyDocumentException PackedPolicyTooLargeException RegionDisabledException
GetCallerIdentity GetCallerIdentityOutput
GetSessionToken GetSessionTokenOutput RegionDisabledException
`

const stsShapes = `
structure AssumeRoleInput RoleArn:ArnType* RoleSessionName:SessionName* Policy:SessionPolicy DurationSeconds:RoleDuration ExternalId:ExternalIdType SourceIdentity:SessionName
structure AssumeRoleOutput Credentials AssumedRoleUser PackedPolicySize:Number SourceIdentity:SessionName
structure AssumedRoleUser AssumedRoleId:String* Arn:String*
structure Credentials AccessKeyId:String* SecretAccessKey:String* SessionToken:String* Expiration:Date*
structure GetCallerIdentityInput
structure GetCallerIdentityOutput UserId:String Account:String Arn:String
structure GetSessionTokenInput DurationSeconds:SessionDuration SerialNumber:SerialNumber TokenCode:TokenCode
structure GetSessionTokenOutput Credentials
string ArnType 20 2048
string ExternalIdType 2 1224 [\w+=,.@:\/-]*
integer Number
integer RoleDuration 900 43200
string SerialNumber 9 256 [\w+=/:,.@-]*
integer SessionDuration 900 129600
string SessionName 2 64 [\w+=,.@-]*
string SessionPolicy 1 -
string String
string TokenCode 6 6 [\d]*
timestamp Date
error AccessDenied 403 message:String
error ExpiredTokenException 400 message:String
error MalformedPolicyDocumentException 400 message:String
error PackedPolicyTooLargeException 400 message:String
error RegionDisabledException 403 message:String
`

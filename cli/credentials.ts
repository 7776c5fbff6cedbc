// How AWS says that it does not know who asks, and what a person does about it.

const UNKNOWN =
  /^(CredentialsProviderError|TokenProviderError|ExpiredToken\w*|InvalidClientTokenId|AuthFailure|UnrecognizedClientException)$/

export const lacksCredentials = ({ name }: Error): boolean => UNKNOWN.test(name)

export const LOG_IN = 'aws sso login, or export AWS_PROFILE=<profile>; who you are: aws sts get-caller-identity'

import { InputError } from '../diagnostics/index.ts'

const PACKAGE = '@azure/identity'

interface Credential {
  getToken(scope: string): Promise<{ readonly token: string } | null>
}

/**
 * A source of tokens: the named environment variable, or the default chain of `@azure/identity` (environment, workload
 * or managed identity, Azure CLI, Azure PowerShell), an optional package. Throws `cli/missing-package`,
 * `deploy/no-credential`.
 */
export async function tokenSource(
  scope: string,
  options: { readonly variable?: string; readonly environment: Readonly<Record<string, string | undefined>> },
): Promise<() => Promise<string>> {
  if (options.variable !== undefined) {
    const token = options.environment[options.variable]?.trim() ?? ''
    // Anything else would be refused as a header, in an error that repeats it.
    if (!/^[\x21-\x7e]+$/.test(token)) {
      throw new InputError(
        'deploy/no-credential',
        `the environment variable ${options.variable} holds no token`,
        undefined,
        token === ''
          ? {}
          : {
              hint: 'it has blanks or other characters that no token has: take accessToken alone, with -o tsv',
            },
      )
    }
    return async () => token
  }
  const credential = await defaultCredential()
  return async () => {
    try {
      const token = await credential.getToken(scope)
      if (token !== null) return token.token
    } catch (error) {
      throw new InputError('deploy/no-credential', `${PACKAGE} gave no token for ${scope}`, undefined, {
        hint: 'sign in with `az login`, or set AZURE_TENANT_ID, AZURE_CLIENT_ID and AZURE_CLIENT_SECRET',
        cause: error,
      })
    }
    throw new InputError('deploy/no-credential', `${PACKAGE} gave no token for ${scope}`)
  }
}

async function defaultCredential(): Promise<Credential> {
  // The name in a variable: the compiler must not look for a package that is optional.
  const name: string = PACKAGE
  try {
    const identity = (await import(name)) as { DefaultAzureCredential: new () => Credential }
    return new identity.DefaultAzureCredential()
  } catch (error) {
    throw new InputError('cli/missing-package', `${PACKAGE} is not installed`, undefined, {
      hint: `npm install ${PACKAGE}@4.13.1, or pass a token with --token-env`,
      cause: error,
    })
  }
}

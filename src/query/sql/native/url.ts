import type { Json } from '../../plan/expr.ts'
import { makeBag, type NativeRow, native, text } from './define.ts'

/** `parse_url`: the parts as text, `Port` too; a part that is absent is `''` (S2). */
function parseUrl(source: string): Record<string, Json> {
  const match =
    /^([A-Za-z][\w+.-]*):\/\/(?:([^/?#@]*)@)?(\[[^\]]*\]|[^/?#:]*)(?::(\d*))?([^?#]*)(?:\?([^#]*))?(?:#(.*))?$/s.exec(
      source,
    )
  const [, scheme, user, host, port, path, query, fragment] = match ?? []
  const [name, password] = split(user ?? '', ':')
  return {
    Scheme: scheme ?? '',
    Host: host ?? '',
    Port: port ?? '',
    Path: path ?? '',
    Username: name,
    Password: password,
    'Query Parameters': queryParameters(query ?? ''),
    Fragment: fragment ?? '',
  }
}

function split(source: string, separator: string): [string, string] {
  const at = source.indexOf(separator)
  return at < 0 ? [source, ''] : [source.slice(0, at), source.slice(at + separator.length)]
}

function queryParameters(query: string): Record<string, Json> {
  if (query === '') return {}
  const pairs = query.split('&').map((part) => split(part, '=').map(decode) as [string, string])
  return makeBag(pairs.filter(([key]) => key !== ''))
}

/** Percent decoding that leaves what is not valid as it is. */
function decode(source: string): string {
  try {
    return decodeURIComponent(source.replaceAll('+', ' '))
  } catch {
    // A lone % or broken UTF-8: the text stands as written.
    return source
  }
}

/** Lower-case hex, a space as `+` (S2). `keep`: characters left as they are. */
function encode(source: string, keep: RegExp, space: string): string {
  return [...source]
    .map((char) => {
      if (keep.test(char)) return char
      if (char === ' ') return space
      return [...Buffer.from(char, 'utf8')].map((byte) => `%${byte.toString(16).padStart(2, '0')}`).join('')
    })
    .join('')
}

/** `parse_path` of Windows and POSIX paths. */
function parsePath(source: string): Record<string, Json> {
  const match = /^(?:([A-Za-z][\w+.-]*):\/\/)?(.*)$/s.exec(source)
  const scheme = match?.[1] ?? ''
  const rest = match?.[2] ?? source
  const stream = /^(.*\.[^\\/:]*):([^\\/:]+)$/s.exec(rest)
  const plain = stream?.[1] ?? rest
  const root = /^[A-Za-z]:/.exec(plain)?.[0] ?? ''
  const at = Math.max(plain.lastIndexOf('\\'), plain.lastIndexOf('/'))
  const directory = at < 0 ? '' : plain.slice(0, at)
  const file = plain.slice(at + 1)
  const dot = file.lastIndexOf('.')
  const parts = directory.split(/[\\/]/).filter((part) => part !== '')
  return {
    Scheme: scheme,
    RootPath: root,
    DirectoryPath: directory,
    DirectoryName: parts[parts.length - 1] ?? '',
    Filename: file,
    Extension: dot < 0 ? '' : file.slice(dot + 1),
    AlternateDataStreamName: stream?.[2] ?? '',
  }
}

export const urlRows: readonly NativeRow[] = [
  native('parse_url', ['string'], 'dynamic', (source) => parseUrl(text(source)), { aliases: ['parseurl'] }),
  native(
    'parse_urlquery',
    ['string'],
    'dynamic',
    (source) => ({ 'Query Parameters': queryParameters(text(source)) }),
    { aliases: ['parseurlquery'] },
  ),
  native('parse_path', ['string'], 'dynamic', (source) => parsePath(text(source))),
  native('url_decode', ['string'], 'string', (source) => decode(text(source)), { aliases: ['urldecode'] }),
  native('url_encode', ['string'], 'string', (source) => encode(text(source), /^[A-Za-z0-9\-_.!*()]$/, '+'), {
    aliases: ['urlencode'],
  }),
  native('url_encode_component', ['string'], 'string', (source) =>
    encode(text(source), /^[A-Za-z0-9\-_.!~*'()]$/, '%20'),
  ),
]

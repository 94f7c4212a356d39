/** What `7z l -slt` says of one member. */
export interface ListedMember {
  readonly name: string
  readonly sizeBytes: number
  readonly crc32?: number
  readonly isFolder: boolean
  readonly isLink: boolean
  readonly encrypted: boolean
}

export interface Listing {
  readonly members: readonly ListedMember[]
  /** Why there is no list: its headers are encrypted, or cannot be read. */
  readonly failure?: 'encrypted' | 'damaged'
}

/** Reads the output of `7z l -slt`: after a line of dashes one block of `Key = value` lines for each member. */
export function parseListing(output: string): Listing {
  const start = /^-{10}\r?$/m.exec(output)
  if (start === null) {
    return {
      members: [],
      failure: /encrypted archive|Wrong password/i.test(output) ? 'encrypted' : 'damaged',
    }
  }
  const members: ListedMember[] = []
  let block = new Map<string, string>()
  const finish = (): void => {
    const name = block.get('Path')
    if (name !== undefined) members.push(toMember(name, block))
    block = new Map()
  }
  for (const line of output.slice(start.index + start[0].length).split(/\r?\n/)) {
    const match = /^([A-Z][\w ]*) = ?(.*)$/.exec(line)
    if (match === null) continue
    const [, key, value] = match
    if (key === 'Path') finish()
    block.set(key ?? '', value ?? '')
  }
  finish()
  return { members }
}

function toMember(name: string, block: ReadonlyMap<string, string>): ListedMember {
  const crc = block.get('CRC') ?? ''
  const attributes = block.get('Attributes') ?? ''
  const size = Number(block.get('Size') || 0)
  return {
    name,
    sizeBytes: Number.isSafeInteger(size) && size >= 0 ? size : 0,
    ...(/^[0-9A-F]{8}$/i.test(crc) ? { crc32: Number.parseInt(crc, 16) } : {}),
    isFolder: /^D/.test(attributes) || block.get('Folder') === '+',
    isLink: / l[rwx-]{9}/.test(attributes) || (block.get('Symbolic Link') ?? '') !== '',
    encrypted: block.get('Encrypted') === '+',
  }
}

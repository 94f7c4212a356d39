import { InputError } from '../../diagnostics/index.ts'
import { formatOfName, parseRows, readLocalText } from './read-file.ts'

const NUMBERS = new Set(['latitude', 'longitude'])

/**
 * Gives `geo_info_from_ip_address()` what it knows: a CSV (with a header) or JSON file with a column `network` in CIDR form and any
 * of `country`, `state`, `city`, `latitude`, `longitude`. Throws `engine/external-data`.
 */
export async function loadGeoNetworks(path: string): Promise<void> {
  const { columns = [], rows } = parseRows(readLocalText(path), formatOfName(path), true, path)
  const at = columns.indexOf('network')
  if (at < 0)
    throw new InputError('engine/external-data', 'has no column network', { in: 'file', source: path })
  const { useGeoNetworks } = await import('../sql/native/geo-ip.ts')
  useGeoNetworks(
    rows.map((row) => {
      const known = columns.flatMap((name, column): [string, string | number][] => {
        const text = String(row[column] ?? '')
        if (column === at || text === '') return []
        return [[name, NUMBERS.has(name) ? Number(text) : text]]
      })
      return { network: String(row[at] ?? ''), location: Object.fromEntries(known) }
    }),
  )
}

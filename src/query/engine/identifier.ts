/** A name as a quoted SQL identifier. */
export function identifier(name: string): string {
  return `"${name.replaceAll('"', '""')}"`
}

/** A text as a SQL literal; only for names of our own schema, never for evidence. */
export function literal(text: string): string {
  return `'${text.replaceAll("'", "''")}'`
}

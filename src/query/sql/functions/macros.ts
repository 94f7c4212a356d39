/**
 * SQL macros the DuckDB engine creates once per connection: conversions too long to repeat in every query. DuckDB
 * inlines them. All return NULL for NULL and never raise an error.
 */
export const duckdbMacros: readonly string[] = [
  // 2017-01-29T09:00:05.0000000Z: seven digits always, since hashes and joins depend on the exact text (S1).
  `CREATE OR REPLACE MACRO kql_datetime_text(t) AS strftime(t, '%Y-%m-%dT%H:%M:%S.%f') || '0Z'`,
  // [-][d.]hh:mm:ss[.fffffff]
  `CREATE OR REPLACE MACRO kql_timespan_text(x) AS CASE WHEN x IS NULL THEN NULL ELSE
    (CASE WHEN x < 0 THEN '-' ELSE '' END)
    || (CASE WHEN abs(x) >= 864000000000 THEN (abs(x) // 864000000000)::VARCHAR || '.' ELSE '' END)
    || lpad(((abs(x) // 36000000000) % 24)::VARCHAR, 2, '0') || ':' || lpad(((abs(x) // 600000000) % 60)::VARCHAR, 2, '0')
    || ':' || lpad(((abs(x) // 10000000) % 60)::VARCHAR, 2, '0')
    || (CASE WHEN abs(x) % 10000000 <> 0 THEN '.' || lpad((abs(x) % 10000000)::VARCHAR, 7, '0') ELSE '' END) END`,
  `CREATE OR REPLACE MACRO kql_real_text(x) AS CASE WHEN x IS NULL THEN NULL WHEN isnan(x) THEN 'NaN'
    WHEN isinf(x) THEN (CASE WHEN x > 0 THEN 'Infinity' ELSE '-Infinity' END)
    WHEN abs(x) < 1e15 AND x = trunc(x) THEN CAST(CAST(x AS BIGINT) AS VARCHAR)
    WHEN abs(x) >= 1e15 AND abs(x) < 1e16 THEN regexp_replace(regexp_replace(CAST(x AS VARCHAR), '\\.0$', ''), '^(-?[0-9])([0-9]*?)0*$', '\\1.\\2E+15').replace('.E', 'E')
    ELSE upper(CAST(x AS VARCHAR)) END`,
  // A whole real loses its point inside dynamic (118.0 prints 118, S3); NaN, which JSON lacks, is its name.
  `CREATE OR REPLACE MACRO kql_real_json(x) AS CASE WHEN abs(x) < 1e15 AND x = trunc(x) THEN to_json(CAST(x AS BIGINT)) WHEN isfinite(x) THEN to_json(x) WHEN x IS NULL THEN NULL
    ELSE to_json(kql_real_text(x)) END`,
  `CREATE OR REPLACE MACRO kql_decimal_text(x) AS rtrim(rtrim(CAST(x AS VARCHAR), '0'), '.')`,
  // An argument stands once in these: a macro repeats its text, and DuckDB then evaluates it again.
  `CREATE OR REPLACE MACRO kql_tobool(s) AS TRY_CAST(regexp_extract(lower(s), '^\\s*(true|false|[01])\\s*$', 1) AS BOOLEAN)`,
  // TRY_CAST rounds '1.5' and takes ' 7 ' and '0x1F' (S1): only plain integers, and hexadecimal by its own rule.
  `CREATE OR REPLACE MACRO kql_tolong(s) AS TRY_CAST(regexp_extract(s, '^\\s*([-+]?[0-9]{1,19}|0[xX][0-9a-fA-F]{1,16})\\s*$', 1) AS BIGINT)`,
  `CREATE OR REPLACE MACRO kql_toint(s) AS TRY_CAST(regexp_extract(s, '^\\s*([-+]?[0-9]{1,11}|0[xX][0-9a-fA-F]{1,8})\\s*$', 1) AS INTEGER)`,
  // A number inside JSON may be a real, which is cut, not rounded; the list keeps its text from being computed twice.
  `CREATE OR REPLACE MACRO kql_json_long(e) AS list_transform([e], lambda x: CASE WHEN regexp_matches(x, '^-?[0-9]*[.eE]')
    THEN TRY_CAST(trunc(TRY_CAST(x AS DOUBLE)) AS BIGINT) ELSE TRY_CAST(x AS BIGINT) END)[1]`,
  `CREATE OR REPLACE MACRO kql_json_int(e) AS list_transform([e], lambda x: CASE WHEN regexp_matches(x, '^-?[0-9]*[.eE]')
    THEN TRY_CAST(trunc(TRY_CAST(x AS DOUBLE)) AS INTEGER) ELSE TRY_CAST(x AS INTEGER) END)[1]`,
  `CREATE OR REPLACE MACRO kql_toreal(s) AS TRY_CAST(regexp_extract(s, '(?i)^\\s*([-+]?(?:(?:[0-9]+\\.?[0-9]*|\\.[0-9]+)(?:e[-+]?[0-9]+)?|inf(?:inity)?|nan))\\s*$', 1) AS DOUBLE)`,
  `CREATE OR REPLACE MACRO kql_toguid(s) AS CASE WHEN regexp_full_match(s, '\\s*\\{?[0-9a-fA-F]{8}-?([0-9a-fA-F]{4}-?){3}[0-9a-fA-F]{12}\\}?\\s*')
    THEN TRY_CAST(regexp_replace(s, '[{}\\s]', '', 'g') AS UUID) END`,
  // ISO with or without offset, then RFC 1123 and US forms. The zone must go through TIMESTAMPTZ: a plain cast drops it (S11).
  `CREATE OR REPLACE MACRO kql_todatetime_rare(s) AS CASE
    WHEN regexp_matches(s, '^\\s*[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}[T ]') THEN coalesce(TRY_CAST(trim(s) AS TIMESTAMPTZ) AT TIME ZONE 'UTC',
      CASE WHEN regexp_matches(s, '(GMT|UTC)\\s*$') THEN TRY_CAST(regexp_replace(trim(s), '\\s*(GMT|UTC)$', '') AS TIMESTAMP) END)
    WHEN regexp_matches(s, '^\\s*([A-Za-z]+,\\s*)?[0-9]{1,2}[ -][A-Za-z]{3}[ -][0-9]{2}\\s') THEN
      try_strptime(regexp_replace(trim(s), '\\s*(GMT|UTC|Z)$', ''), ['%a, %d %b %y %H:%M:%S', '%a, %d %b %y %H:%M', '%d %b %y %H:%M:%S', '%d %b %y %H:%M',
      '%A, %d-%b-%y %H:%M:%S', '%A, %d-%b-%y %H:%M', '%a, %d-%b-%y %H:%M:%S', '%a, %d-%b-%y %H:%M', '%d-%b-%y %H:%M:%S', '%d-%b-%y %H:%M'])
    WHEN regexp_matches(s, '^\\s*[0-9]{4}\\s*$') THEN try_strptime(trim(s), '%Y')
    WHEN regexp_matches(s, '^\\s*[0-9]{4}-[0-9]{2}\\s*$') THEN try_strptime(trim(s), '%Y-%m')
    ELSE coalesce(try_strptime(regexp_replace(trim(s), '\\s*(GMT|UTC|Z)$', ''), ['%a, %d %b %Y %H:%M:%S', '%a, %d %b %Y %H:%M', '%d %b %Y %H:%M:%S', '%d %b %Y %H:%M', '%d %b %Y', '%b %d %Y %H:%M:%S',
      '%b %d, %Y %H:%M:%S', '%b %d %Y', '%B %d, %Y', '%b %d, %Y', '%m/%d/%Y %I:%M:%S %p', '%m/%d/%Y %I:%M %p', '%m/%d/%Y %H:%M:%S', '%m/%d/%Y %H:%M', '%m/%d/%Y',
      '%a %b %d %H:%M:%S %Y', '%Y/%m/%d %H:%M:%S', '%Y/%m/%d', '%Y%m%d']),
      CASE WHEN regexp_matches(s, '[-+][0-9]{2}:?[0-9]{2}$') THEN try_strptime(trim(s), ['%a, %d %b %Y %H:%M:%S %z', '%d %b %Y %H:%M:%S %z', '%Y/%m/%d %H:%M:%S %z']) AT TIME ZONE 'UTC' END) END`,
  `CREATE OR REPLACE MACRO kql_todatetime(s) AS coalesce(
    TRY_CAST(regexp_extract(s, '^\\s*([0-9]{4}-[0-9]{1,2}-[0-9]{1,2}(?:[T ][0-9]{1,2}:[0-9]{1,2}(?::[0-9]{1,2}(?:\\.[0-9]+)?)?)?)Z?\\s*$', 1) AS TIMESTAMP),
    kql_todatetime_rare(s))`,
  `CREATE OR REPLACE MACRO kql_ticks_datetime(n) AS CASE WHEN n BETWEEN 0 AND 3155378975999999999 THEN make_timestamp((n - 621355968000000000) // 10) END`,
  `CREATE OR REPLACE MACRO kql_bool_text(b) AS CASE WHEN b THEN 'true' WHEN NOT b THEN 'false' ELSE '' END`,
  // Invalid JSON is a dynamic that holds the text itself (S3).
  `CREATE OR REPLACE MACRO kql_parse_json(s) AS CASE WHEN s = '' THEN NULL WHEN json_valid(s) THEN CAST(s AS JSON) ELSE to_json(s) END`,
  // Where a key of a bag is: a pointer, since a path knows no empty key and takes a backslash for an escape.
  `CREATE OR REPLACE MACRO kql_key(k) AS '/' || replace(replace(k, '~', '~0'), '/', '~1')`,
  // Elements of an array; a bag gives one-property bags; null one null; a scalar itself (S9).
  `CREATE OR REPLACE MACRO kql_elements(d) AS CASE json_type(d) WHEN 'ARRAY' THEN json_extract(d, '$[*]')
    WHEN 'OBJECT' THEN list_transform(json_keys(d), lambda k: json_object(k, json_extract(d, kql_key(k))))
    ELSE [d] END`,
  `CREATE OR REPLACE MACRO kql_pairs(d) AS CASE json_type(d) WHEN 'ARRAY' THEN json_extract(d, '$[*]')
    WHEN 'OBJECT' THEN list_transform(json_keys(d), lambda k: to_json([to_json(k), json_extract(d, kql_key(k))]))
    ELSE [d] END`,
  // Where the nth match of a regex starts in s from `start` on: the texts between matches and the matches before it.
  `CREATE OR REPLACE MACRO kql_nth_match(s, re, n) AS list_transform([{'m': regexp_extract_all(s, re), 'p': regexp_split_to_array(s, re)}],
    lambda x: CASE WHEN len(x.m) < n THEN -1 WHEN list_contains(x.m, '') THEN error('indexof_regex() of a pattern that matches the empty text')
      ELSE list_sum(list_transform(x.p[1:n], lambda t: length(t))) + coalesce(list_sum(list_transform(x.m[1:n - 1], lambda t: length(t))), 0) END)[1]`,
  `CREATE OR REPLACE MACRO kql_indexof_regex(s, re, start, size, n) AS CASE WHEN start < 0 OR size < -1 OR n < 1 THEN NULL
    ELSE list_transform([kql_nth_match(CASE WHEN size < 0 THEN substr(s, start + 1) ELSE substr(s, start + 1, size) END, re, n)],
      lambda x: CAST(CASE WHEN x < 0 THEN -1 ELSE x + start END AS BIGINT))[1] END`,
  // Floor to a multiple counted from 0001-01-01, a Monday (S5); w in microseconds.
  `CREATE OR REPLACE MACRO kql_bin_us(t, w) AS make_timestamp(epoch_us(t) - (epoch_us(t) + 62135596800000000) % w)`,
  `CREATE OR REPLACE MACRO kql_mod(a, b) AS ((a % b) + abs(b)) % abs(b)`,
  `CREATE OR REPLACE MACRO kql_bin(x, r) AS x - kql_mod(x, r)`,
  // A regex that finds `n` as whole terms, for needles only known at run time (S2).
  `CREATE OR REPLACE MACRO kql_term_re(n, pre, post, fold) AS fold
    || (CASE WHEN pre AND regexp_matches(n, '^[A-Za-z0-9]') THEN '(?:^|[^A-Za-z0-9])' ELSE '' END) || regexp_escape(n)
    || (CASE WHEN post AND regexp_matches(n, '[A-Za-z0-9]$') THEN '(?:$|[^A-Za-z0-9])' ELSE '' END)`,
  // Text of the elements of an array; a scalar is an array of itself.
  `CREATE OR REPLACE MACRO kql_texts(j) AS CASE json_type(j) WHEN 'ARRAY' THEN json_extract_string(j, '$[*]') WHEN 'NULL' THEN [] ELSE [j ->> '$'] END`,
  // ln() raises an error at and below zero.
  `CREATE OR REPLACE MACRO kql_ln(x) AS CASE WHEN x > 0 THEN ln(x) WHEN x = 0 THEN '-inf'::DOUBLE WHEN x IS NULL THEN NULL ELSE 'nan'::DOUBLE END`,
  // << raises an error when a bit falls off.
  `CREATE OR REPLACE MACRO kql_shift_left(a, b) AS CAST(CASE WHEN (CAST(a AS HUGEINT) * CAST(pow(2, b) AS HUGEINT)) BETWEEN -9223372036854775808 AND 9223372036854775807
    THEN CAST(a AS HUGEINT) * CAST(pow(2, b) AS HUGEINT) END AS BIGINT)`,
  `CREATE OR REPLACE MACRO kql_array_length(j) AS CASE WHEN json_type(j) = 'ARRAY' THEN CAST(json_array_length(j) AS BIGINT) END`,
  // Dotted quads, each 0 to 255, with an optional prefix length.
  `CREATE OR REPLACE MACRO kql_is_ipv4(s) AS regexp_full_match(s, '((25[0-5]|2[0-4][0-9]|1?[0-9]?[0-9])\\.){3}(25[0-5]|2[0-4][0-9]|1?[0-9]?[0-9])(/([0-2]?[0-9]|3[0-2]))?')`,
  `CREATE OR REPLACE MACRO kql_ipv4(s) AS CASE WHEN kql_is_ipv4(s) THEN CAST(split_part(split_part(s, '/', 1), '.', 1) AS BIGINT) * 16777216
    + CAST(split_part(s, '.', 2) AS BIGINT) * 65536 + CAST(split_part(s, '.', 3) AS BIGINT) * 256 + CAST(split_part(split_part(s, '/', 1), '.', 4) AS BIGINT) END`,
  `CREATE OR REPLACE MACRO kql_ipv4_bits(s) AS CASE WHEN contains(s, '/') THEN coalesce(TRY_CAST(split_part(s, '/', 2) AS BIGINT), 32) ELSE 32 END`,
  `CREATE OR REPLACE MACRO kql_elements_flat(d) AS CASE WHEN json_type(d) = 'ARRAY' THEN json_extract(d, '$[*]') ELSE [d] END`,
]

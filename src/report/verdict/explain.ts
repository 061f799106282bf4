import type { ExplainReport } from '../model/explain.ts'

export function explainVerdict({
  topics,
  error,
}: Omit<ExplainReport, 'schema' | 'verdict' | 'startedAt' | 'redacted'>): string {
  const [first, ...others] = topics
  if (error !== null || first === undefined) return error?.message ?? 'nothing is known of it'
  return others.length === 0 ? `${first.id}: ${first.title}` : `${topics.length} topics`
}

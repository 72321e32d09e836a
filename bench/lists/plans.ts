// What a statement's plan looked at, as auto_explain writes it down.
// https://www.postgresql.org/docs/current/auto-explain.html

interface PlanNode {
  readonly 'Node Type': string;
  readonly 'Relation Name'?: string;
  readonly 'Index Name'?: string;
  readonly 'Actual Rows'?: number;
  readonly 'Actual Loops'?: number;
  readonly 'Rows Removed by Filter'?: number;
  readonly 'Rows Removed by Index Recheck'?: number;
  readonly Plans?: readonly PlanNode[];
}

/** A page has at most 1,000 rows, and looks once more for whether another follows. */
const pageRows = 1_001;

/** `Seq Scan volumes 100000`: the scans that looked at more rows than a page has. */
export function heavyScans(plans: readonly unknown[]): readonly string[] {
  return plans.flatMap((plan) => scansOf((plan as { readonly Plan: PlanNode }).Plan)).filter((text) => text !== '');
}

function scansOf(node: PlanNode): readonly string[] {
  const below = (node.Plans ?? []).flatMap((child) => scansOf(child));
  const type = node['Node Type'];
  if (!type.includes('Scan') || node['Relation Name'] === undefined) return below;
  const each =
    (node['Actual Rows'] ?? 0) + (node['Rows Removed by Filter'] ?? 0) + (node['Rows Removed by Index Recheck'] ?? 0);
  const rows = Math.round(each * (node['Actual Loops'] ?? 1));
  return rows > pageRows ? [...below, `${type} ${node['Index Name'] ?? node['Relation Name']} ${rows}`] : below;
}

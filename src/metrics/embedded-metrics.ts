/** Where CloudWatch keeps the service's own metrics. */
const NAMESPACE = 'VSL/MediaGeneration';

/** The most values that a line may give of one metric. */
const MOST_VALUES = 100;

type Unit = 'Count' | 'Milliseconds' | 'Seconds' | 'Percent';

interface Figure {
  unit: Unit;
  /** How many there were; `values` is a fair sample of them. */
  seen: number;
  values: number[];
}

/** A line of CloudWatch's embedded metric format. */
export type EmbeddedLine = Record<string, unknown>;

/**
 * What happened since the metrics were last told, for CloudWatch: counts, and of times as many as a line may hold, drawn
 * evenly. Figures of jobs are told for each media type and for all.
 */
export class EmbeddedMetrics {
  /** By media type, '' for figures without one. */
  private groups = new Map<string, Map<string, Figure>>();

  count(name: string, mediaType = ''): void {
    const figure = this.figure(name, 'Count', mediaType);
    figure.values = [(figure.values[0] ?? 0) + 1];
  }

  time(name: string, ms: number, mediaType = ''): void {
    const figure = this.figure(name, 'Milliseconds', mediaType);
    figure.seen += 1;
    if (figure.values.length < MOST_VALUES) figure.values.push(ms);
    else figure.values[Math.floor(Math.random() * figure.seen)] &&= ms;
  }

  set(name: string, unit: Unit, value: number): void {
    this.figure(name, unit, '').values = [value];
  }

  /** The lines of what was counted, of which none is told twice. */
  drain(stage: string, now = Date.now()): EmbeddedLine[] {
    const drained = [...this.groups];
    this.groups = new Map();
    return drained.map(([mediaType, figures]) => ({
      _aws: { Timestamp: now, CloudWatchMetrics: [directive(mediaType !== '', figures)] },
      Stage: stage,
      ...(mediaType === '' ? {} : { MediaType: mediaType }),
      ...Object.fromEntries([...figures].map(([name, { values }]) => [name, valueOf(values)])),
    }));
  }

  private figure(name: string, unit: Unit, mediaType: string): Figure {
    const group = this.groups.get(mediaType) ?? new Map<string, Figure>();
    this.groups.set(mediaType, group);
    const figure = group.get(name) ?? { unit, seen: 0, values: [] };
    group.set(name, figure);
    return figure;
  }
}

function directive(byMediaType: boolean, figures: Map<string, Figure>) {
  return {
    Namespace: NAMESPACE,
    Dimensions: byMediaType ? [['Stage'], ['Stage', 'MediaType']] : [['Stage']],
    Metrics: [...figures].map(([Name, { unit }]) => ({ Name, Unit: unit })),
  };
}

function valueOf(values: number[]): number | number[] {
  return values.length === 1 ? values[0]! : values;
}

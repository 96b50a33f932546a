import { Consume } from '../queue/consume.js';
import { MessageConsumer, type Delivery } from '../queue/message-consumer.js';
import { CompilationWork } from './compilation-work.service.js';

@Consume('compile')
export class CompileProcessor extends MessageConsumer<'compile'> {
  protected readonly messageName = 'compile';

  constructor(private readonly work: CompilationWork) {
    super();
  }

  protected handle({ compilationId }: { compilationId: string }, delivery: Delivery): Promise<void> {
    return this.work.compile(compilationId, delivery);
  }
}

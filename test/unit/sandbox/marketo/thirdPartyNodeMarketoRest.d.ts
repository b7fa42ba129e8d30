/** The part of node-marketo-rest that `thirdPartyNodeMarketoRest.test.ts` uses: it has no types of its own. */
declare module '@grouparoo/node-marketo-rest' {
  interface Answer {
    readonly requestId: string;
    readonly success: boolean;
    readonly result: readonly Readonly<Record<string, unknown>>[];
    readonly nextPageToken?: string;
    readonly moreResult?: boolean;
    nextPage(): PromiseLike<Answer>;
  }
  interface Settings {
    readonly endpoint: string;
    readonly identity: string;
    readonly clientId: string;
    readonly clientSecret: string;
    readonly retry?: { readonly maxRetries: number; readonly initialDelay: number; readonly maxDelay: number };
  }
  class Marketo {
    constructor(settings: Settings);
    readonly apiCallCount: number;
    readonly lead: {
      describe(): PromiseLike<Answer>;
      partitions(): PromiseLike<Answer>;
      byId(id: number, options?: object): PromiseLike<Answer>;
      find(by: string, values: readonly unknown[], options?: object): PromiseLike<Answer>;
      createOrUpdate(input: readonly object[], options?: object): PromiseLike<Answer>;
      mergeLead(winner: number, losers: readonly number[], options: object): PromiseLike<Answer>;
      getPageToken(since: string): PromiseLike<Answer>;
      getActivities(leads: readonly number[], types: readonly number[], token: string | undefined): PromiseLike<Answer>;
      getChanges(token: string | undefined, options: object): PromiseLike<Answer>;
    };
    readonly list: {
      find(options: object): PromiseLike<Answer>;
      addLeadsToList(list: number, leads: readonly number[]): PromiseLike<Answer>;
      getLeads(list: number, options?: object): PromiseLike<Answer>;
      isMember(list: number, leads: readonly number[]): PromiseLike<Answer>;
      removeLeadsFromList(list: number, leads: readonly number[]): PromiseLike<Answer>;
    };
    readonly activities: { getActivityTypes(): PromiseLike<Answer> };
    readonly stats: { usage(): PromiseLike<Answer>; errors(): PromiseLike<Answer> };
    readonly bulkLeadExtract: {
      create(fields: readonly string[], filter: object): PromiseLike<Answer>;
      enqueue(id: string): PromiseLike<Answer>;
      status(id: string): PromiseLike<Answer>;
      file(id: string): PromiseLike<string>;
      cancel(id: string): PromiseLike<Answer>;
    };
  }
  export = Marketo;
}

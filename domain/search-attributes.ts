// The search attributes by which an operation is found in the Temporal UI; all of them keywords.

export const searchAttributeNames = ['ResourceId', 'ProjectId', 'RequestId', 'Backend', 'OperationState'] as const;

/** Typed key of the attribute that tells running from paused. */
export const operationStateAttribute = { name: 'OperationState', type: 'KEYWORD' } as const;

/** Typed key of the attribute that names the back-end (host@backend) that an operation works on. */
export const backendAttribute = { name: 'Backend', type: 'KEYWORD' } as const;

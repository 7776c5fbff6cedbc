// Command documents: at most 64 KB, never replaced in place.

import { removeOne, setOne } from './share.ts'
import { type Handler, quiet } from './transition.ts'
import { type DocumentContent, ServiceError, type SsmDocument } from './types.ts'

export const documentLimit = 65_536

/** AWS's own document, which every account has; nobody's stack made it. */
export const RUN_SHELL_SCRIPT: SsmDocument = {
  name: 'AWS-RunShellScript',
  content: {
    schemaVersion: '2.2',
    parameters: {
      commands: { type: 'StringList' },
      executionTimeout: {
        type: 'String',
        default: '3600',
        allowedPattern: '([1-9][0-9]{0,4})|(1[0-6][0-9]{4})|(17[0-1][0-9]{3})|(172[0-7][0-9]{2})|(172800)',
      },
    },
    mainSteps: [
      {
        action: 'aws:runShellScript',
        name: 'aws:runShellScript',
        inputs: { runCommand: ['{{ commands }}'], timeoutSeconds: '{{ executionTimeout }}' },
      },
    ],
  },
}

export const createDocument: Handler<'CreateDocument'> = (state, action) => {
  const { name, content } = action
  if (state.documents.has(name)) {
    throw new ServiceError('DocumentAlreadyExists', `Document with name ${name} already exists.`)
  }
  const size = documentSize(content)
  if (size > documentLimit) {
    throw new ServiceError(
      'MaxDocumentSizeExceeded',
      `Document ${name} has ${size} bytes, at most ${documentLimit} are allowed.`,
    )
  }
  return quiet({ ...state, documents: setOne(state.documents, name, { name, content }) })
}

export const deleteDocument: Handler<'DeleteDocument'> = (state, action) => {
  if (!state.documents.has(action.name)) throw unknownDocument(action.name)
  return quiet({ ...state, documents: removeOne(state.documents, action.name) })
}

export function unknownDocument(name: string): ServiceError {
  return new ServiceError('InvalidDocument', `Document with name ${name} does not exist.`)
}

const sizes = new WeakMap<DocumentContent, number>()

/** Bytes of the document as JSON. */
export function documentSize(content: DocumentContent): number {
  const known = sizes.get(content) ?? Buffer.byteLength(JSON.stringify(content))
  sizes.set(content, known)
  return known
}

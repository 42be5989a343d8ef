import type * as Babel from '@babel/types';
import { createCompiledCatalog } from '@lingui/cli/api';

/**
 * To run after Lingui's macros: compiles the Spanish text of each message where the message is used.
 * So a page brings its own texts, and the source language needs no catalogue. Throws for a text that
 * is not in the message format.
 */
export function messagesInPlace({ types: t }: { types: typeof Babel }) {
  return {
    visitor: {
      ObjectExpression({ node }: { node: Babel.ObjectExpression }) {
        const message = property(node, 'message');
        if (property(node, 'id') && message && t.isStringLiteral(message.value)) {
          message.value = t.valueToNode(compiled(message.value.value));
        }
      },
    },
  };

  function property(node: Babel.ObjectExpression, name: string): Babel.ObjectProperty | undefined {
    return node.properties
      .filter((each) => t.isObjectProperty(each))
      .find(({ key }) => t.isIdentifier(key, { name }));
  }
}

function compiled(text: string): unknown[] {
  const { source, errors } = createCompiledCatalog('es', { text }, { namespace: 'json' });
  for (const { error } of errors) throw error;
  return JSON.parse(source).messages.text;
}

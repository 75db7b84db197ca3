// Lays a graph out with dagre or ELK, for layout.rs: `node engines.cjs dagre|elk`, the graph as JSON on standard input,
// its drawing and how long that took as JSON on standard output. Modules are found in THREADOS_NODE_MODULES.
'use strict';
const { join } = require('node:path');
const { readFileSync } = require('node:fs');

const find = (name) => require(join(process.env.THREADOS_NODE_MODULES, name));

function dagre({ nodes, edges, width, height }) {
  const { graphlib, layout } = find('@dagrejs/dagre');
  const graph = new graphlib.Graph();
  graph.setGraph({ rankdir: 'LR', nodesep: 24, ranksep: 48 });
  graph.setDefaultEdgeLabel(() => ({}));
  for (let n = 0; n < nodes; n += 1) graph.setNode(String(n), { width, height });
  for (const [from, to] of edges) graph.setEdge(String(from), String(to));
  const begun = process.hrtime.bigint();
  layout(graph);
  const ms = Number(process.hrtime.bigint() - begun) / 1e6;
  const places = Array.from({ length: nodes }, (_, n) => {
    const { x, y } = graph.node(String(n));
    return [x - width / 2, y - height / 2, x + width / 2, y + height / 2];
  });
  const lines = edges.map(([from, to]) => graph.edge(String(from), String(to)).points.map(({ x, y }) => [x, y]));
  return { ms, nodes: places, edges: lines };
}

async function elk({ nodes, edges, width, height }) {
  const Elk = find('elkjs/lib/elk.bundled.js');
  const graph = {
    id: 'root',
    layoutOptions: {
      'elk.algorithm': 'layered',
      'elk.direction': 'RIGHT',
      'elk.edgeRouting': 'ORTHOGONAL',
      'elk.spacing.nodeNode': '24',
      'elk.layered.spacing.nodeNodeBetweenLayers': '48',
    },
    children: Array.from({ length: nodes }, (_, n) => ({ id: `n${n}`, width, height })),
    edges: edges.map(([from, to], e) => ({ id: `e${e}`, sources: [`n${from}`], targets: [`n${to}`] })),
  };
  const engine = new Elk();
  const begun = process.hrtime.bigint();
  const drawn = await engine.layout(graph);
  const ms = Number(process.hrtime.bigint() - begun) / 1e6;
  const places = drawn.children.map(({ x, y }) => [x, y, x + width, y + height]);
  const lines = drawn.edges.map(({ sections: [{ startPoint, bendPoints = [], endPoint }] }) =>
    [startPoint, ...bendPoints, endPoint].map(({ x, y }) => [x, y]));
  return { ms, nodes: places, edges: lines };
}

async function main() {
  const graph = JSON.parse(readFileSync(0, 'utf8'));
  const engine = process.argv[2] === 'elk' ? elk : dagre;
  // What an engine sets up for its first graph is not counted against it.
  await engine({ ...graph, nodes: 3, edges: [[0, 1], [1, 2]] });
  const drawn = await engine(graph);
  process.stdout.write(JSON.stringify(drawn));
}

main().catch((error) => {
  process.stderr.write(`${error}\n`);
  process.exit(1);
});

"""Pictures of cells: equations to boxes and wires (`flow`), placed, routed and written as SVG."""

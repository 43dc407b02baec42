"""SCALE-Sim's files: topologies as workloads, configurations as machines and dataflows."""

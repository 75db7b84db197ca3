//! Memory in pages that fit what a process is about to need.
//!
//! Clearing one huge page (2 MiB on most machines) takes as long as all else that a short command does: so the allocator
//! asks for none. Whoever reads something long needs many pages, and gets them sooner in huge ones.

/// From where a block of memory lies, new memory comes in huge pages, where the kernel has them for whoever asks
/// (`transparent_hugepage` is `madvise`). Costs one call.
pub fn expect_much(block: &[u8]) {
    #[cfg(target_os = "linux")]
    linux::advise(block.as_ptr());
    #[cfg(not(target_os = "linux"))]
    let _ = block;
}

#[cfg(target_os = "linux")]
mod linux {
    /// The size of a huge page, or a multiple of it.
    const HUGE: usize = 2 << 20;

    /// As much as an allocator keeps in one piece.
    const SPAN: usize = 1 << 30;

    pub fn advise(at: *const u8) {
        let from = at.wrapping_sub(at.addr() % HUGE);
        // SAFETY: advice changes no content and no right; what is not mapped is passed over.
        unsafe { libc::madvise(from.cast_mut().cast(), SPAN, libc::MADV_HUGEPAGE) };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(target_os = "linux")]
    #[test]
    fn what_lies_around_the_block_is_in_huge_pages_from_then_on() {
        if !std::path::Path::new("/sys/kernel/mm/transparent_hugepage/enabled").exists() {
            return;
        }
        let block = vec![1; 4 << 20];
        expect_much(&block);
        assert!(flags_of(block.as_ptr().addr()).contains(" hg"), "{}", flags_of(block.as_ptr().addr()));
    }

    /// What the kernel says of the mapping that holds an address.
    #[cfg(target_os = "linux")]
    fn flags_of(address: usize) -> String {
        let maps = std::fs::read_to_string("/proc/self/smaps").unwrap();
        let mut inside = false;
        for line in maps.lines() {
            let range = line.split_once(' ').and_then(|(range, _)| range.split_once('-'));
            if let Some((from, to)) = range {
                let number = |text| usize::from_str_radix(text, 16).unwrap_or(usize::MAX);
                inside = (number(from)..number(to)).contains(&address);
            } else if inside && line.starts_with("VmFlags:") {
                return line.to_owned();
            }
        }
        String::new()
    }
}
